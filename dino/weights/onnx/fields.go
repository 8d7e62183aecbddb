package onnx

import "google.golang.org/protobuf/encoding/protowire"

// The numbers are ONNX's: of the fields in onnx/onnx.proto, and of its enumerations (https://onnx.ai, IR version 8).
const (
	irVersion = 8
	opset     = 17 // the first with LayerNormalization

	modelIRVersion       protowire.Number = 1
	modelProducerName    protowire.Number = 2
	modelProducerVersion protowire.Number = 3
	modelDocString       protowire.Number = 6
	modelGraph           protowire.Number = 7
	modelOpsetImport     protowire.Number = 8
	modelMetadataProps   protowire.Number = 14

	opsetVersion protowire.Number = 2

	entryKey   protowire.Number = 1
	entryValue protowire.Number = 2

	graphNode        protowire.Number = 1
	graphName        protowire.Number = 2
	graphInitializer protowire.Number = 5
	graphInput       protowire.Number = 11
	graphOutput      protowire.Number = 12

	nodeInput     protowire.Number = 1
	nodeOutput    protowire.Number = 2
	nodeName      protowire.Number = 3
	nodeOpType    protowire.Number = 4
	nodeAttribute protowire.Number = 5

	attributeName  protowire.Number = 1
	attributeFloat protowire.Number = 2
	attributeInt   protowire.Number = 3
	attributeInts  protowire.Number = 8
	attributeType  protowire.Number = 20

	tensorDims     protowire.Number = 1
	tensorDataType protowire.Number = 2
	tensorName     protowire.Number = 8
	tensorRawData  protowire.Number = 9

	valueName       protowire.Number = 1
	valueType       protowire.Number = 2
	typeTensor      protowire.Number = 1
	tensorElemType  protowire.Number = 1
	tensorShape     protowire.Number = 2
	shapeDim        protowire.Number = 1
	dimensionValue  protowire.Number = 1
	dimensionSymbol protowire.Number = 2

	typeOfFloat = 1 // AttributeProto.AttributeType
	typeOfInt   = 2
	typeOfInts  = 7

	dataFloat   = 1 // TensorProto.DataType
	dataInt64   = 7
	dataFloat16 = 10
)
